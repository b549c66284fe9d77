// The precompiled header needs a translation unit.
