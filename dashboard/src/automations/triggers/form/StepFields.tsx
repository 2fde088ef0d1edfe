import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { pluginsQuery } from "../../../plugins/api";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { CheckField, SelectField, TextField } from "../../../ui/forms/Field";
import css from "../../Schedules.module.css";
import { targetsQuery } from "../../targets/api";
import { STEPS, type Do, type StepInput, type TypedStep } from "./typed";

const DOS = (Object.keys(STEPS) as Do[]).filter((each) => each !== "trial" && each !== "collect" && each !== "learn");

interface Props {
  step: TypedStep;
  number: number;
  onChange: (part: Partial<TypedStep>) => void;
  onRemove: (() => void) | null;
  fault: boolean;
}

/** Fields of one step: its action, its inputs, and the effect of a failure. */
export function StepFields({ step, number, onChange, onRemove, fault }: Props) {
  const { t } = useTranslation();
  const button =
    onRemove === null ? null : (
      <Button small onPress={onRemove} testId="remove-step">
        {t("automations.removeStep")}
      </Button>
    );
  return (
    <Card title={t("automations.step", { number })} actions={button} testId={`step-${number}`}>
      <div className={css["fields"]}>
        <SelectField label={t("automations.then")} value={step.do} onChange={(value) => onChange({ do: value })} options={DOS.map((value) => ({ value, label: t(`automations.do.${value}`) }))} testId="do-select" />
        {STEPS[step.do].map((input) => (
          <Input key={input} input={input} step={step} onChange={onChange} fault={fault} />
        ))}
        <TextField label={t("automations.retriesOf")} name="retries" value={step.retries} onChange={(retries) => onChange({ retries })} mode="numeric" />
        <CheckField label={t("automations.goesOn")} checked={step.goesOn} onChange={(goesOn) => onChange({ goesOn })} />
      </div>
    </Card>
  );
}

function Input({ input, step, onChange, fault }: { input: StepInput; step: TypedStep; onChange: Props["onChange"]; fault: boolean }) {
  const { t } = useTranslation();
  if (input === "to") return <Targets chosen={step.to} onChange={(to) => onChange({ to })} />;
  if (input === "plugin") return <Pipelines chosen={step.plugin} onChange={(plugin) => onChange({ plugin })} />;
  const study = step.do === "study";
  return (
    <TextField
      label={input === "body" ? t(study ? "automations.studyBody" : "automations.config") : t(`automations.inputs.${input}`)}
      hint={input === "body" ? t(study ? "automations.studyHint" : "automations.configHint") : undefined}
      name={input}
      value={step[input]}
      onChange={(value) => onChange({ [input]: value })}
      error={input === "body" && fault ? t("automations.bodyFault") : undefined}
    />
  );
}

function Pipelines({ chosen, onChange }: { chosen: string; onChange: (plugin: string) => void }) {
  const { t } = useTranslation();
  const pipelines = (useQuery(pluginsQuery).data ?? []).filter(({ kind, error }) => kind === "pipeline" && error === null);
  return <SelectField label={t("automations.inputs.plugin")} value={chosen} onChange={onChange} placeholder={t("automations.choose")} options={pipelines.map(({ name }) => ({ value: name, label: name }))} testId="plugin-select" />;
}

function Targets({ chosen, onChange }: { chosen: readonly string[]; onChange: (to: readonly string[]) => void }) {
  const { t } = useTranslation();
  const targets = useQuery(targetsQuery);
  return (
    <fieldset>
      <legend>{t("automations.inputs.to")}</legend>
      {targets.data?.length === 0 ? <p className={css["soft"]}>{t("targets.none")}</p> : null}
      {targets.data?.map(({ name }) => (
        <CheckField key={name} label={name} checked={chosen.includes(name)} onChange={(on) => onChange(on ? [...chosen, name] : chosen.filter((each) => each !== name))} />
      ))}
    </fieldset>
  );
}
