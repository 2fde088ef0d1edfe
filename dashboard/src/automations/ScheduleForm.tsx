import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Problem } from "../api/problem";
import type { RunDetail, Schedule, ScheduleRequest } from "../api/types";
import { useFormState } from "../projects/draft";
import { usePaths } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { SelectField, TextField } from "../ui/forms/Field";
import { Restored } from "../ui/forms/Restored";
import { ErrorNotice } from "../ui/Notice";
import { timesQuery, useCreateSchedule, useReplaceSchedule } from "./api";
import { NextTimes } from "./NextTimes";
import css from "./Schedules.module.css";
import { DAYS, UNITS, readTiming, requestOf, typedOf, zones, type TypedTiming, type Way } from "./timing";

const WAYS: readonly Way[] = ["daily", "interval", "cron"];
const MISFIRES: readonly Schedule["misfire"][] = ["once", "all", "skip"];
const LONGEST_GRACE = 604_800;

const MORNINGS = { way: "daily", clock: "06:30", days: "*", every: "6", unit: "hours", cron: "30 6 * * 1-5" } as const;

/** Form of a new schedule for a successful run. */
export function NewScheduleForm({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const first = useMemo(() => ({ ...MORNINGS, timezone: zones()[0] ?? "UTC" }), []);
  return <ScheduleForm name={run.name.slice(0, 100)} run={requestOf(run)} first={first} misfire="once" graceSeconds={60} store={useCreateSchedule()} label={t("schedules.create")} />;
}

/** Form of an existing schedule; the run that it repeats cannot be changed. */
export function EditScheduleForm({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const { name, run, misfire, grace_seconds, paused } = schedule;
  const first = useMemo(() => typedOf(schedule), [schedule]);
  return <ScheduleForm name={name} run={run} first={first} misfire={misfire} graceSeconds={grace_seconds} paused={paused} store={useReplaceSchedule(schedule.id)} label={t("schedules.store")} />;
}

interface FormProps {
  name: string;
  run: ScheduleRequest["run"];
  first: TypedTiming;
  misfire: Schedule["misfire"];
  graceSeconds: number;
  paused?: boolean;
  store: ReturnType<typeof useCreateSchedule>;
  label: string;
}

/** Form of the times of a schedule, with a preview of the next times before it is stored. */
function ScheduleForm({ name: firstName, run, first, misfire: firstMisfire, graceSeconds, paused = false, store, label }: FormProps) {
  const { t } = useTranslation();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const known = useMemo(() => [...new Set([first.timezone, ...zones()])], [first]);
  const form = useFormState("schedule", { name: firstName, typed: first, misfire: firstMisfire, grace: String(graceSeconds) });
  const { name, typed, misfire, grace } = form.value;
  const [tried, setTried] = useState(false);
  const change = (part: Partial<TypedTiming>) => form.change(({ typed: before }) => ({ typed: { ...before, ...part } }));

  const read = readTiming(typed);
  const timing = "timing" in read ? read.timing : null;
  const fault = "fault" in read ? read.fault : null;
  const times = useQuery(timesQuery(timing));
  const refused = times.error instanceof Problem ? times.error : null;
  const seconds = /^\d+$/.test(grace.trim()) ? Number(grace) : 0;
  const graceFault = seconds < 1 || seconds > LONGEST_GRACE;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (timing === null || name.trim() === "" || graceFault) return;
    store.mutate(
      { ...timing, name: name.trim(), run, misfire, grace_seconds: seconds, paused },
      {
        onSuccess: ({ id }) => {
          form.forget();
          navigate(paths.schedule(id));
        },
      },
    );
  };
  const taken = store.error instanceof Problem && store.error.where === "name" ? store.error.message : undefined;

  return (
    <form onSubmit={submit} className={css["form"]} noValidate>
      <Restored shown={form.isRestored} onRestart={form.restart} />
      <Card title={t("schedules.when")}>
        <div className={css["fields"]}>
          <SelectField label={t("schedules.way")} value={typed.way} onChange={(way) => change({ way: way })} options={WAYS.map((value) => ({ value, label: t(`schedules.ways.${value}`) }))} testId="way-select" />
          {typed.way === "daily" ? (
            <>
              <TextField label={t("schedules.clock")} name="clock" value={typed.clock} onChange={(clock) => change({ clock })} mode="numeric" error={fault === "clock" ? t("schedules.clockFault") : undefined} />
              <SelectField label={t("schedules.days")} value={typed.days} onChange={(days) => change({ days: days })} options={DAYS.map((value) => ({ value, label: t(`schedules.onDays.${value}`) }))} />
            </>
          ) : null}
          {typed.way === "interval" ? (
            <>
              <TextField label={t("schedules.number")} name="every" value={typed.every} onChange={(every) => change({ every })} mode="numeric" error={fault === "every" ? t("schedules.everyFault") : undefined} />
              <SelectField label={t("schedules.unit")} name="unit" value={typed.unit} onChange={(unit) => change({ unit: unit })} options={UNITS.map((value) => ({ value, label: t(`schedules.units.${value}`) }))} />
            </>
          ) : null}
          {typed.way === "cron" ? (
            <TextField
              label={t("schedules.cron")}
              name="cron"
              value={typed.cron}
              onChange={(cron) => change({ cron })}
              hint={t("schedules.cronHint")}
              error={fault === "cron" ? t("schedules.cronFault") : refused?.where === "cron" ? refused.message : undefined}
            />
          ) : null}
          <SelectField label={t("schedules.timezone")} hint={t("schedules.timezoneHint")} value={typed.timezone} onChange={(timezone) => change({ timezone })} options={known.map((value) => ({ value, label: value }))} testId="zone-select" error={refused?.where === "timezone" ? refused.message : undefined} />
        </div>
        <div className={css["preview"]} aria-live="polite">
          <h3>{t("schedules.next")}</h3>
          {refused && refused.where !== "cron" && refused.where !== "timezone" ? <ErrorNotice error={refused} /> : null}
          {times.data && timing !== null && !refused ? <NextTimes times={times.data.next_fires} zone={typed.timezone} /> : <p className={css["soft"]}>{t("common.notYetKnown")}</p>}
        </div>
      </Card>
      <Card title={t("schedules.away")} note={t("schedules.awayNote")}>
        <div className={css["fields"]}>
          <SelectField label={t("schedules.misfire")} value={misfire} onChange={(value) => form.change({ misfire: value })} options={MISFIRES.map((value) => ({ value, label: t(`schedules.misfires.${value}`) }))} testId="misfire-select" />
          <TextField label={t("schedules.graceSeconds")} name="grace" value={grace} onChange={(value) => form.change({ grace: value })} mode="numeric" hint={t("schedules.graceHint")} error={graceFault ? t("schedules.graceFault") : undefined} />
        </div>
      </Card>
      <Card>
        <TextField label={t("schedules.name")} name="name" value={name} onChange={(value) => form.change({ name: value })} required error={tried && name.trim() === "" ? t("schedules.nameMissing") : taken} />
      </Card>
      {store.error ? <ErrorNotice error={store.error} /> : null}
      <div className={css["end"]}>
        <Button look="primary" type="submit" pending={store.isPending} testId="create-schedule">
          {label}
        </Button>
      </div>
    </form>
  );
}
