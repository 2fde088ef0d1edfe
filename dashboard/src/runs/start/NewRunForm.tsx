import { useEffect, useMemo, useRef, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Problem } from "../../api/problem";
import type { Dataset, DatasetVersion, Plugin, RunDetail } from "../../api/types";
import { AddDataset } from "../../datasets/AddDataset";
import { inLanguage } from "../../language/setup";
import { useFormats } from "../../language/useFormats";
import { useDraft, useKept } from "../../projects/draft";
import { usePaths } from "../../projects/session";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { SelectField, TextField } from "../../ui/forms/Field";
import { focusFirstFault } from "../../ui/forms/firstFault";
import { Folded } from "../../ui/forms/Folded";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { useStartRun } from "../api";
import { problemsByField, readConfig, startValues, type TypedValues } from "./form";
import css from "./NewRun.module.css";
import { fieldsOf, parse, type ConfigField, type Typed } from "./schema";
import { PlanCard, usePlan } from "./PlanCard";
import { SchemaForm } from "./SchemaForm";
import { choosable, dataOf, firstPlugin, fitting, neededData } from "./choices";

interface NewRunFormProps {
  plugins: readonly Plugin[];
  datasets: readonly Dataset[];
  earlier: RunDetail | null;
  wanted: { plugin: string | null; dataset: string | null };
}

const wholeNumber = (name: string, least: number, most: number): ConfigField => ({
  name, kind: "integer", title: name, description: "", nullable: false, required: true, default: least, choices: [],
  least, most, leastIsOpen: false, mostIsOpen: false, multipleOf: null, longest: null, pattern: null, items: "text", isDate: false, isEssential: false, group: "",
});
/** What is kept of an unfinished form. */
interface Kept {
  plugin: string;
  dataset: string;
  typed: Record<string, TypedValues>;
  more: TypedValues;
}

const SEED = wholeNumber("seed", 0, 2 ** 32 - 1);
const THREADS = wholeNumber("threads", 1, 256);

/** Form that selects pipeline, dataset and config, and starts the run. */
export function NewRunForm({ plugins, datasets, earlier, wanted }: NewRunFormProps) {
  const { t, i18n } = useTranslation();
  const { input } = useFormats();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const start = useStartRun();
  const form = useRef<HTMLFormElement>(null);
  const draft = useDraft<Kept>("run");
  const kept = draft.restored;
  const all = useMemo(() => choosable(plugins), [plugins]);
  const [fresh, setFresh] = useState<Record<string, string>>({});
  const dataIn = (name: string): string | null => fresh[name] ?? dataOf(datasets.find((one) => one.name === name)?.latest);
  // A dataset given in the address narrows the pipelines; otherwise the pipeline narrows the datasets.
  const usable = useMemo(
    () => fitting(plugins, dataOf(datasets.find((one) => one.name === wanted.dataset)?.latest)),
    [plugins, datasets, wanted.dataset],
  );
  const [pluginName, setPluginName] = useState(() => firstPlugin(usable, plugins, kept?.plugin ?? wanted.plugin ?? earlier?.plugin ?? null));
  const [datasetName, setDatasetName] = useState(() => {
    const first = datasets.find((one) => fits(one.latest, neededData(usable.find((plugin) => plugin.name === pluginName) ?? null, plugins)));
    const known = datasets.find((one) => one.name === kept?.dataset)?.name;
    return known ?? wanted.dataset ?? earlier?.dataset_name ?? first?.name ?? "";
  });
  const [typed, setTyped] = useState<Record<string, TypedValues>>(kept?.typed ?? {});
  const firstMore: TypedValues = { name: "", model: earlier?.model ?? "", seed: String(earlier?.seed ?? 0), threads: String(earlier?.threads ?? 1) };
  const [more, setMore] = useState<TypedValues>(kept?.more ?? firstMore);
  const [isRestored, setRestored] = useState(kept !== null);
  const [tried, setTried] = useState(false);
  const [attempts, setAttempts] = useState(0);

  const plugin = all.find((one) => one.name === pluginName) ?? null;
  const isAgent = plugin?.kind === "agent";
  const fields = useMemo(() => fieldsOf(plugin?.schema, i18n.language), [plugin, i18n.language]);
  const initial = useMemo(() => startValues(fields, earlier?.plugin === pluginName ? earlier.config : {}, input), [earlier, fields, input, pluginName]);
  const values = { ...initial, ...typed[pluginName] };
  const { config, faults } = readConfig(fields, values);
  const seed = parse(SEED, more["seed"] ?? "");
  const threads = parse(THREADS, more["threads"] ?? "");
  const complete = plugin !== null && (isAgent || datasetName !== "");
  const problems = start.error instanceof Problem ? problemsByField(start.error.fields, [...fields.map((field) => field.name), "dataset", "plugin", "name", "model", "seed", "threads"]) : {};

  const isComplete = complete && Object.keys(faults).length === 0;
  const plan = usePlan(isComplete && !isAgent ? { kind: "train", plugin: pluginName, dataset: datasetName, config } : null);
  const isTouched = Object.keys(typed).length > 0 || JSON.stringify(more) !== JSON.stringify(firstMore) || isRestored;
  useKept(draft, { plugin: pluginName, dataset: datasetName, typed, more }, isTouched);
  // After each refusal the keyboard is at the first faulty field.
  useEffect(() => {
    if (attempts > 0) focusFirstFault(form.current);
  }, [attempts, start.error]);
  const startAgain = () => {
    draft.forget();
    setTyped({});
    setMore(firstMore);
    setRestored(false);
  };

  const needed = neededData(plugin, plugins);
  const offered = datasets.filter((one) => fits(one.latest, needed));
  const choosePlugin = (name: string) => {
    setPluginName(name);
    const data = neededData(all.find((one) => one.name === name) ?? null, plugins);
    if (data === null || dataIn(datasetName) === data) return;
    setDatasetName(datasets.find((one) => dataOf(one.latest) === data)?.name ?? "");
  };
  const takeAdded = (added: DatasetVersion) => {
    const data = added.dataset_schema.kind;
    setFresh((known) => ({ ...known, [added.name]: data }));
    setDatasetName(added.name);
    if (!fits(added, needed)) setPluginName(firstPlugin(fitting(plugins, data), plugins, null));
  };

  const change = (name: string, value: Typed) => setTyped((all) => ({ ...all, [pluginName]: { ...all[pluginName], [name]: value } }));
  const changeMore = (name: string) => (value: string) => setMore((all) => ({ ...all, [name]: value }));
  const optional = (name: string) => (typeof more[name] === "string" && more[name].trim() !== "" ? more[name].trim() : null);
  const moreFault = (parsed: typeof seed) => (tried && "fault" in parsed ? t("form.wholeNumber") : undefined);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    setAttempts((count) => count + 1);
    if (!complete || Object.keys(faults).length > 0 || "fault" in seed || "fault" in threads) return;
    start.mutate(
      {
        kind: isAgent ? "agent" : "train",
        plugin: plugin.name,
        dataset: isAgent ? null : datasetName,
        config,
        name: optional("name"),
        model: isAgent ? null : optional("model"),
        seed: Number(seed.value),
        threads: Number(threads.value),
        parent: earlier?.id ?? null,
      },
      {
        onSuccess: (run) => {
          draft.forget();
          navigate(paths.run(run.id));
        },
      },
    );
  };

  return (
    <form ref={form} onSubmit={submit} noValidate className={css["form"]}>
      {isRestored ? (
        <Notice>
          {t("form.restored")} <Button small onPress={startAgain}>{t("form.discard")}</Button>
        </Notice>
      ) : null}
      <Card title={t("newRun.what")}>
        <div className={css["pair"]}>
          <SelectField
            label={t("newRun.pipeline")}
            value={pluginName}
            onChange={choosePlugin}
            testId="pipeline-select"
            name="plugin"
            error={problems["plugin"]}
            hint={plugin ? inLanguage(plugin.summary, i18n.language) : t("newRun.noPipelines")}
            options={withChosen(usable, plugin).map((one) => ({ value: one.name, label: label(one, i18n.language), group: t(one.kind === "agent" ? "newRun.agents" : "newRun.pipelines") }))}
          />
          {isAgent ? null : (
            <div className={css["dataset"]}>
              <SelectField
                label={t("newRun.dataset")}
                value={datasetName}
                onChange={setDatasetName}
                testId="dataset-select"
                name="dataset"
                error={problems["dataset"] ?? (tried && datasetName === "" ? t("newRun.datasetMissing") : undefined)}
                hint={datasets.length === 0 ? t("newRun.noDatasets") : undefined}
                placeholder={t("newRun.chooseDataset")}
                options={withAdded(offered, datasetName).map((name) => ({ value: name, label: name }))}
              />
              <AddDataset empty={datasets.length === 0} onAdded={takeAdded} />
            </div>
          )}
        </div>
      </Card>
      {fields.length > 0 ? (
        <Card title={t(isAgent ? "newRun.request" : "newRun.config")} note={t("newRun.configNote")}>
          <SchemaForm fields={fields} values={values} initial={initial} isCopy={earlier?.plugin === pluginName} onChange={change} faults={tried ? faults : {}} problems={problems} />
        </Card>
      ) : null}
      <Card>
        <Folded title={t("newRun.more")} isUnfolded={tried && ("fault" in seed || "fault" in threads || ["name", "model", "seed", "threads"].some((name) => name in problems))}>
          <div className={css["pair"]}>
            <TextField label={t("newRun.name")} hint={t("newRun.nameHint")} value={String(more["name"])} onChange={changeMore("name")} name="run-name" error={problems["name"]} />
            {isAgent ? null : (
              <TextField label={t("newRun.model")} hint={t("newRun.modelHint")} value={String(more["model"])} onChange={changeMore("model")} name="model" error={problems["model"]} />
            )}
            <TextField label={t("details.seed")} hint={t("newRun.seedHint")} value={String(more["seed"])} onChange={changeMore("seed")} name="seed" mode="numeric" error={moreFault(seed) ?? problems["seed"]} />
            <TextField label={t("details.threads")} hint={t("newRun.threadsHint")} value={String(more["threads"])} onChange={changeMore("threads")} name="threads" mode="numeric" error={moreFault(threads) ?? problems["threads"]} />
          </div>
        </Folded>
      </Card>
      {isAgent ? null : <PlanCard plan={plan} isReady={isComplete} schema={datasets.find((one) => one.name === datasetName)?.latest.dataset_schema} />}
      {start.error ? <ErrorNotice error={start.error} /> : null}
      {tried && Object.keys(faults).length > 0 ? (
        <Notice tone="bad" role="alert">
          {t("form.faulty", { count: Object.keys(faults).length })}
        </Notice>
      ) : null}
      <div className={css["start"]}>
        <Button look="primary" type="submit" pending={start.isPending} testId="start-run">
          {t("newRun.start")}
        </Button>
      </div>
    </form>
  );
}

function label(plugin: Plugin, language: string): string {
  const title = inLanguage(plugin.title, language);
  return title === "" ? plugin.name : `${title} (${plugin.name})`;
}

function fits(version: DatasetVersion, needed: string | null): boolean {
  return needed === null || dataOf(version) === needed;
}

/** Keep the chosen pipeline in the list, even if a dataset that was added since does not match it. */
function withChosen(usable: readonly Plugin[], plugin: Plugin | null): Plugin[] {
  return plugin === null || usable.includes(plugin) ? [...usable] : [plugin, ...usable];
}

/** Include a dataset that was just added and chosen before the list is read again. */
function withAdded(datasets: readonly Dataset[], chosen: string): string[] {
  const names = datasets.map((dataset) => dataset.name);
  return chosen === "" || names.includes(chosen) ? names : [chosen, ...names];
}
