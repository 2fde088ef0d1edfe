// Charts that a page loads with its data.
import { lazily } from "../routing/lazily";

export const CurvePlot = lazily(() => import("./CurvePlot"));
