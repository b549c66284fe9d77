// Claimed: integer convolutions and products are being written here.
