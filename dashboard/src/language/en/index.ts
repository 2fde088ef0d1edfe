// All texts of the dashboard in English, one file per noun. The files in `tr` have the same keys (checked by type).
import { automations } from "./automations";
import { comparison } from "./comparison";
import { datasets } from "./datasets";
import { evaluation } from "./evaluation";
import { loop } from "./loop";
import { models } from "./models";
import { plugins } from "./plugins";
import { predictions } from "./predictions";
import { projects } from "./projects";
import { runs } from "./runs";
import { schedules } from "./schedules";
import { shell } from "./shell";
import { start } from "./start";
import { studies } from "./studies";
import { vision } from "./vision";

export const en = {
  ...automations,
  ...comparison,
  ...datasets,
  ...evaluation,
  ...loop,
  ...models,
  ...plugins,
  ...predictions,
  ...projects,
  ...runs,
  ...schedules,
  ...shell,
  ...start,
  ...studies,
  ...vision,
};

export type Texts = typeof en;
