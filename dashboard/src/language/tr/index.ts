// Panelin bütün Türkçe metinleri; her kavramın bir dosyası var. Anahtarlar `en` ile aynıdır (tür denetimi sağlar).
import type { Texts } from "../en";
import { automations } from "./automations";
import { comparison } from "./comparison";
import { datasets } from "./datasets";
import { evaluation } from "./evaluation";
import { home } from "./home";
import { learners } from "./learners";
import { loop } from "./loop";
import { feeds } from "./feeds";
import { fresh } from "./fresh";
import { modelPage } from "./modelPage";
import { models } from "./models";
import { parallel } from "./parallel";
import { plugins } from "./plugins";
import { predictions } from "./predictions";
import { projects } from "./projects";
import { runPage } from "./runPage";
import { runList } from "./runList";
import { runs } from "./runs";
import { schedules } from "./schedules";
import { shell } from "./shell";
import { start } from "./start";
import { studies } from "./studies";
import { targets } from "./targets";
import { vision } from "./vision";

export const tr: Texts = {
  ...automations,
  ...comparison,
  ...datasets,
  ...evaluation,
  ...home,
  ...learners,
  ...loop,
  ...fresh,
  ...modelPage,
  ...models,
  ...parallel,
  ...plugins,
  ...predictions,
  ...projects,
  ...runPage,
  ...runList,
  ...runs,
  ...schedules,
  ...shell,
  ...start,
  ...studies,
  ...feeds,
  ...targets,
  ...vision,
};
