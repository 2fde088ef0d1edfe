import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import type { Dataset, Plugin, StudyRequest } from "../api/types";
import { datasetsQuery } from "../datasets/api";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { useFormState } from "../projects/draft";
import { usePaths } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { dataOf, fitting } from "../runs/start/choices";
import { readConfig, startValues, type TypedValues } from "../runs/start/form";
import { fieldsOf } from "../runs/start/schema";
import { SchemaForm } from "../runs/start/SchemaForm";
import { Button, ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { CheckField, SelectField, TextField } from "../ui/forms/Field";
import { Restored } from "../ui/forms/Restored";
import { Empty, ErrorNotice, Loading, Notice } from "../ui/Notice";
import { spaceQuery, studiesQuery, useCreateStudy } from "./api";
import { chosenMetrics, Objectives } from "./Objectives";
import { readField, startOf, type TypedField } from "./space";
import { SpaceTable } from "./SpaceTable";
import css from "./Studies.module.css";

type Sampler = NonNullable<StudyRequest["sampler"]>;
type Pruner = NonNullable<NonNullable<StudyRequest["pruner"]>["name"]>;

const SAMPLERS: readonly Sampler[] = ["tpe", "cmaes", "qmc", "random", "grid"];
const PRUNERS: readonly Pruner[] = ["none", "median", "hyperband"];

interface Typed {
  dataset: string;
  pipeline: string;
  name: string;
  trials: string;
  seconds: string;
  parallel: string;
  seed: string;
  sampler: Sampler;
  pruner: Pruner;
  /** Names of metrics; empty: the pipeline's own. */
  objectives: readonly string[];
  warm: string;
  retrain: boolean;
  /** By pipeline and field. */
  space: Record<string, Record<string, Partial<TypedField>>>;
  config: Record<string, TypedValues>;
}

const START: Typed = { dataset: "", pipeline: "", name: "", trials: "30", seconds: "", parallel: "1", seed: "0", sampler: "tpe", pruner: "none", objectives: [""], warm: "", retrain: true, space: {}, config: {} };

/** Page that defines search space, dataset and budget, and starts a study. */
export default function NewStudyPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const plugins = useQuery(pluginsQuery);
  const datasets = useQuery(datasetsQuery);
  useTitle(t("studies.new"));
  const error = plugins.error ?? datasets.error;
  const installed = plugins.data ?? [];
  return (
    <div className={css["form"]}>
      <PageHead title={t("studies.new")} crumbs={[{ name: t("studies.title"), to: paths.studies }]} note={t("studies.newNote")} />
      {error ? <ErrorNotice error={error} /> : null}
      {!error && (plugins.data === undefined || datasets.data === undefined) ? <Loading /> : null}
      {datasets.data?.length === 0 ? (
        <Card>
          <Empty title={t("studies.noDataset")}>
            <ButtonLink to={paths.datasets}>{t("studies.addDataset")}</ButtonLink>
          </Empty>
        </Card>
      ) : null}
      {datasets.data && datasets.data.length > 0 && installed.some(({ kind, error: broken }) => kind === "pipeline" && !broken) ? <NewStudyForm plugins={installed} datasets={datasets.data} /> : null}
    </div>
  );
}

function NewStudyForm({ plugins, datasets }: { plugins: readonly Plugin[]; datasets: readonly Dataset[] }) {
  const { t, i18n } = useTranslation();
  const { input } = useFormats();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const create = useCreateStudy();
  const form = useFormState<Typed>("study", START);
  const { value: more, change } = form;
  const datasetName = datasets.find(({ name }) => name === more.dataset)?.name ?? datasets[0]?.name ?? "";
  const usable = fitting(plugins, dataOf(datasets.find((one) => one.name === datasetName)?.latest)).filter(({ kind }) => kind === "pipeline");
  const plugin = usable.find((one) => one.name === more.pipeline) ?? usable.find((one) => one.name === "forecasting.lstm") ?? usable[0] ?? null;
  const pluginName = plugin?.name ?? "";
  const space = useQuery(spaceQuery(pluginName));
  const earlier = useQuery(studiesQuery);
  const [tried, setTried] = useState(false);

  const searchable = space.data?.fields ?? [];
  const rows: Record<string, TypedField> = Object.fromEntries(searchable.map((field) => [field.name, { ...startOf(field), ...more.space[pluginName]?.[field.name] }]));
  const searched = searchable.filter((field) => rows[field.name]?.way !== "no");
  const read = searched.map((field) => [field.name, readField(field, rows[field.name] ?? startOf(field))] as const);
  const isFaulty = read.some(([, one]) => "fault" in one);

  const fields = fieldsOf(plugin?.schema, i18n.language).filter((field) => !searched.some(({ name }) => name === field.name));
  const initial = startValues(fields, {}, input);
  const values = { ...initial, ...more.config[pluginName] };
  const fixed = readConfig(fields, values);
  const metrics = space.data?.metrics ?? [];
  const chosen = chosenMetrics(more.objectives, metrics);
  const whole = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text) : null);
  const trials = whole(more.trials);
  const parallel = whole(more.parallel);
  const seed = whole(more.seed);
  const seconds = more.seconds.trim() === "" ? null : Number(more.seconds);
  const badSeconds = seconds !== null && !(seconds > 0);
  const isWrong = isFaulty || searched.length === 0 || more.name.trim() === "" || !trials || !parallel || seed === null || badSeconds || Object.keys(fixed.faults).length > 0;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (isWrong) return;
    const objectives = more.objectives.length < 2 && more.objectives[0] === "" ? [] : chosen;
    const request: StudyRequest = {
      name: more.name.trim(),
      plugin: pluginName,
      dataset: datasetName,
      space: Object.fromEntries(read.flatMap(([name, one]) => ("field" in one ? [[name, one.field]] : []))),
      config: fixed.config,
      sampler: more.sampler,
      pruner: { name: more.pruner },
      objectives: objectives.map((metric) => ({ metric })),
      budget: { trials, seconds },
      parallel,
      seed,
      warm_start_from: more.warm === "" ? [] : [more.warm],
      retrain: more.retrain && objectives.length < 2,
    };
    create.mutate(request, {
      onSuccess: ({ id }) => {
        form.forget();
        navigate(paths.study(id));
      },
    });
  };
  const learnsFrom = (earlier.data ?? []).filter((one) => one.plugin === pluginName && one.dataset_name === datasetName);
  const numberFault = (value: number | null) => (tried && !value ? t("form.wholeNumber") : undefined);

  return (
    <form onSubmit={submit} noValidate className={css["form"]}>
      <Restored shown={form.isRestored} onRestart={form.restart} />
      <Card title={t("studies.what")}>
        <div className={css["fields"]}>
          <TextField label={t("studies.name")} name="name" value={more.name} onChange={(name) => change({ name })} required error={tried && more.name.trim() === "" ? t("studies.nameMissing") : undefined} testId="study-name" />
          <SelectField label={t("studies.dataset")} value={datasetName} onChange={(dataset) => change({ dataset })} options={datasets.map(({ name }) => ({ value: name, label: name }))} testId="study-dataset" />
          <SelectField
            label={t("studies.pipeline")}
            value={pluginName}
            onChange={(pipeline) => change({ pipeline })}
            hint={plugin ? inLanguage(plugin.summary, i18n.language) : undefined}
            options={usable.map((one) => ({ value: one.name, label: inLanguage(one.title, i18n.language) || one.name }))}
            testId="study-pipeline"
          />
        </div>
      </Card>
      <Card title={t("studies.space")} note={t("studies.spaceNote")}>
        {space.error ? <ErrorNotice error={space.error} /> : null}
        {space.isLoading ? <Loading /> : null}
        {searchable.length > 0 ? (
          <SpaceTable fields={searchable} typed={rows} tried={tried} onChange={(name, part) => change(({ space: all }) => ({ space: { ...all, [pluginName]: { ...all[pluginName], [name]: { ...all[pluginName]?.[name], ...part } } } }))} />
        ) : null}
        {tried && searched.length === 0 ? (
          <Notice tone="bad" role="alert">
            {t("studies.nothingSearched")}
          </Notice>
        ) : null}
      </Card>
      <Card title={t("studies.how")}>
        <div className={css["fields"]}>
          <SelectField label={t("studies.sampler")} value={more.sampler} onChange={(sampler) => change({ sampler })} options={SAMPLERS.map((value) => ({ value, label: t(`studies.samplers.${value}`) }))} testId="study-sampler" />
          <SelectField label={t("studies.pruner")} value={more.pruner} onChange={(pruner) => change({ pruner })} hint={t("studies.prunerHint")} options={PRUNERS.map((value) => ({ value, label: t(`studies.pruners.${value}`) }))} />
          <TextField label={t("studies.trials")} name="trials" mode="numeric" value={more.trials} onChange={(trials_) => change({ trials: trials_ })} error={numberFault(trials)} testId="study-trials" />
          <TextField label={t("studies.seconds")} name="seconds" mode="decimal" value={more.seconds} onChange={(seconds_) => change({ seconds: seconds_ })} hint={t("studies.secondsHint")} error={tried && badSeconds ? t("form.wholeNumber") : undefined} />
          <TextField label={t("studies.parallel")} name="parallel" mode="numeric" value={more.parallel} onChange={(parallel_) => change({ parallel: parallel_ })} error={numberFault(parallel)} />
          <TextField label={t("details.seed")} name="seed" mode="numeric" value={more.seed} onChange={(seed_) => change({ seed: seed_ })} error={tried && seed === null ? t("form.wholeNumber") : undefined} />
          {learnsFrom.length > 0 ? <SelectField label={t("studies.warm")} value={more.warm} onChange={(warm) => change({ warm })} options={[{ value: "", label: t("studies.noWarm") }, ...learnsFrom.map(({ id, name }) => ({ value: id, label: name }))]} /> : null}
        </div>
        <Objectives metrics={metrics} chosen={more.objectives} onChange={(objectives) => change({ objectives })} />
        <CheckField label={t("studies.retrainWinner")} checked={more.retrain && chosen.length < 2} onChange={(retrain) => change({ retrain })} hint={t("studies.retrainHint")} />
      </Card>
      <Card>
        <details>
          <summary>{t("studies.fixed")}</summary>
          <SchemaForm fields={fields} values={values} initial={initial} onChange={(name, value) => change(({ config: all }) => ({ config: { ...all, [pluginName]: { ...all[pluginName], [name]: value } } }))} faults={tried ? fixed.faults : {}} problems={{}} />
        </details>
      </Card>
      {create.error ? <ErrorNotice error={create.error} /> : null}
      <div className={css["end"]}>
        <Button look="primary" type="submit" pending={create.isPending} testId="create-study">
          {t("studies.create")}
        </Button>
      </div>
    </form>
  );
}
