//===- XgenOps.td - The xgen dialect: op index -------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Includes every family, so that one tablegen run sees the whole dialect.
//
//===----------------------------------------------------------------------===//

include "XgenBase.td"
include "XgenAttrs.td"
include "XgenElementwise.td"
include "XgenSpatial.td"
include "XgenMovement.td"
include "XgenReduction.td"
include "XgenQuant.td"
include "XgenSymbols.td"
include "XgenSampling.td"
include "XgenSelection.td"
include "XgenClassic.td"
include "XgenControl.td"
