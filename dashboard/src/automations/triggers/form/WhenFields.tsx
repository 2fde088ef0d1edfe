import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/Button";
import { SelectField, TextField } from "../../../ui/forms/Field";
import css from "../../Schedules.module.css";
import { DAYS, UNITS, type TypedTiming, type Way } from "../../timing";
import { measuresQuery } from "../api";
import { EVENTS, type On, type TypedWhen } from "./typed";

const WAYS: readonly Way[] = ["daily", "interval", "cron"];
const ONS: readonly On[] = ["event", "measure", "schedule"];

interface Props {
  when: TypedWhen;
  onChange: (part: Partial<TypedWhen>) => void;
  fault: string | null;
}

/** Fields of the trigger: an event with filters, a measured value, or times. */
export function WhenFields(props: Props) {
  const { t } = useTranslation();
  const { when, onChange } = props;
  return (
    <div className={css["rows"]}>
      <SelectField label={t("automations.awaits")} value={when.on} onChange={(on) => onChange({ on: on })} options={ONS.map((value) => ({ value, label: t(`automations.on.${value}`) }))} testId="on-select" />
      {when.on === "event" ? <EventFields {...props} /> : null}
      {when.on === "measure" ? <MeasureFields {...props} /> : null}
      {when.on === "schedule" ? <TimeFields {...props} /> : null}
    </div>
  );
}

function EventFields({ when, onChange }: Props) {
  const { t } = useTranslation();
  const known = EVENTS.some((each) => each === when.type);
  const change = (index: number, part: Partial<TypedWhen["filters"][number]>) =>
    onChange({ filters: when.filters.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  return (
    <>
      <div className={css["fields"]}>
        <SelectField
          label={t("automations.event")}
          value={known ? when.type : ""}
          onChange={(type) => onChange({ type })}
          options={[...EVENTS.map((value) => ({ value, label: value })), { value: "", label: t("automations.otherEvent") }]}
          testId="event-select"
        />
        {known ? null : <TextField label={t("automations.eventType")} name="event" value={when.type} onChange={(type) => onChange({ type })} />}
      </div>
      {when.filters.map((filter, index) => (
        <div key={index} className={css["fields"]}>
          <TextField label={t("automations.field", { number: index + 1 })} name={`field-${index}`} value={filter.field} onChange={(field) => change(index, { field })} hint={index === 0 ? t("automations.fieldHint") : undefined} />
          <TextField label={t("automations.equals", { number: index + 1 })} name={`value-${index}`} value={filter.value} onChange={(value) => change(index, { value })} hint={index === 0 ? t("automations.equalsHint") : undefined} />
        </div>
      ))}
      <div>
        <Button small onPress={() => onChange({ filters: [...when.filters, { field: "", value: "" }] })} testId="add-filter">
          {t("automations.addFilter")}
        </Button>
      </div>
    </>
  );
}

function MeasureFields({ when, onChange, fault }: Props) {
  const { t, i18n } = useTranslation();
  const measures = useQuery(measuresQuery).data ?? [];
  const chosen = measures.find(({ name }) => name === when.measure);
  return (
    <div className={css["fields"]}>
      <SelectField
        label={t("automations.measure")}
        value={when.measure}
        onChange={(measure) => onChange({ measure })}
        placeholder={t("automations.choose")}
        options={measures.map(({ name }) => ({ value: name, label: name }))}
        hint={chosen?.about[i18n.language] ?? chosen?.about["en"]}
        testId="measure-select"
      />
      <TextField label={t("automations.of")} name="of" value={when.of} onChange={(of) => onChange({ of })} hint={t("automations.ofHint")} />
      <SelectField label={t("automations.side")} value={when.side} onChange={(side) => onChange({ side: side === "below" ? "below" : "above" })} options={(["above", "below"] as const).map((value) => ({ value, label: t(`automations.sides.${value}`) }))} />
      <TextField label={t("automations.limit")} name="limit" value={when.limit} onChange={(limit) => onChange({ limit })} mode="decimal" error={fault === "limit" ? t("automations.limitFault") : undefined} />
      <TextField label={t("automations.holdMinutes")} name="hold" value={when.holdMinutes} onChange={(holdMinutes) => onChange({ holdMinutes })} mode="numeric" />
    </div>
  );
}

function TimeFields({ when, onChange, fault }: Props) {
  const { t } = useTranslation();
  const timing = when.timing;
  const change = (part: Partial<TypedTiming>) => onChange({ timing: { ...timing, ...part } });
  const wrong = fault === "timing";
  return (
    <div className={css["fields"]}>
      <SelectField label={t("schedules.way")} value={timing.way} onChange={(way) => change({ way: way })} options={WAYS.map((value) => ({ value, label: t(`schedules.ways.${value}`) }))} testId="way-select" />
      {timing.way === "daily" ? (
        <>
          <TextField label={t("schedules.clock")} name="clock" value={timing.clock} onChange={(clock) => change({ clock })} mode="numeric" error={wrong ? t("schedules.clockFault") : undefined} />
          <SelectField label={t("schedules.days")} value={timing.days} onChange={(days) => change({ days: days })} options={DAYS.map((value) => ({ value, label: t(`schedules.onDays.${value}`) }))} />
        </>
      ) : null}
      {timing.way === "interval" ? (
        <>
          <TextField label={t("schedules.number")} name="every" value={timing.every} onChange={(every) => change({ every })} mode="numeric" error={wrong ? t("schedules.everyFault") : undefined} />
          <SelectField label={t("schedules.unit")} name="unit" value={timing.unit} onChange={(unit) => change({ unit: unit })} options={UNITS.map((value) => ({ value, label: t(`schedules.units.${value}`) }))} />
        </>
      ) : null}
      {timing.way === "cron" ? <TextField label={t("schedules.cron")} name="cron" value={timing.cron} onChange={(cron) => change({ cron })} hint={t("schedules.cronHint")} error={wrong ? t("schedules.cronFault") : undefined} /> : null}
      <TextField label={t("schedules.timezone")} name="timezone" value={timing.timezone} onChange={(timezone) => change({ timezone })} />
    </div>
  );
}
