// Types of the figures that have their own card, taken from the OpenAPI document.
import type { components } from "./schema";

type Schemas = components["schemas"];

/** The shape of each figure, by name. */
export type Figures = Schemas["Figures"];

export type Forecast = Figures["forecast"];
export type Backtest = Figures["backtest"];
export type Residuals = Figures["residuals"];
export type Importance = Figures["importance"];
export type Shapley = Figures["shapley"];
export type Saliency = Figures["saliency"];
export type Confusion = Figures["confusion"];
export type PerClass = Figures["per_class"];
export type Reliability = Figures["reliability"];
export type Bin = Schemas["ReliabilityBin"];
export type Mistakes = Figures["mistakes"];
export type ClassMetrics = Schemas["ClassMetrics"];
