import { useState, type ReactNode, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { AutomationRequest } from "../../../api/types";
import { useFormState } from "../../../projects/draft";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import { TextField } from "../../../ui/forms/Field";
import { Restored } from "../../../ui/forms/Restored";
import { ErrorNotice } from "../../../ui/Notice";
import css from "../../Schedules.module.css";
import { WouldFire } from "../DryRunCard";
import { useTryAutomation } from "../api";
import { StepFields } from "./StepFields";
import { WhenFields } from "./WhenFields";
import { FIRST_STEP } from "./stored";
import { readAutomation, type TypedAutomation, type TypedStep } from "./typed";

interface Props {
  first: TypedAutomation;
  /** Name of the draft; a draft belongs to the revision that it changes, so that it never overwrites a later one. */
  draft: string;
  heading: ReactNode;
  storeLabel: string;
  /** `onStored` is called once the request has been carried out, before the page changes. */
  store: { isPending: boolean; error: unknown; mutate: (request: AutomationRequest, onStored: () => void) => void };
}

/** Form of a trigger and its steps. The server checks it, and a dry run is possible before saving. */
export function AutomationForm({ first, draft, heading, storeLabel, store }: Props) {
  const { t } = useTranslation();
  const form = useFormState(draft, first);
  const { value: typed, change } = form;
  const [tried, setTried] = useState(false);
  const dryRun = useTryAutomation();
  const read = readAutomation(typed);
  const fault = tried && "fault" in read ? read.fault : null;
  const missing = tried && typed.name.trim() === "" ? t("automations.nameMissing") : undefined;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if ("fault" in read || typed.name.trim() === "") return;
    store.mutate(read.request, form.forget);
  };
  const tryFirst = () => {
    setTried(true);
    if ("fault" in read) return;
    const { when, cool_down_seconds, most_per_day } = read.request;
    dryRun.mutate({ when, cool_down_seconds, most_per_day });
  };
  const changeStep = (key: number, part: Partial<TypedStep>) => change({ steps: typed.steps.map((step) => (step.key === key ? { ...step, ...part } : step)) });
  const addStep = () => change({ steps: [...typed.steps, { ...FIRST_STEP, key: Math.max(...typed.steps.map(({ key }) => key)) + 1 }] });
  return (
    <form onSubmit={submit} className={css["form"]} noValidate data-testid="automation-form">
      {heading}
      <Restored shown={form.isRestored} onRestart={form.restart} />
      <Card>
        <TextField label={t("automations.name")} name="name" value={typed.name} onChange={(name) => change({ name })} required error={missing} />
      </Card>
      <Card title={t("automations.when")}>
        <WhenFields when={typed.when} onChange={(part) => change({ when: { ...typed.when, ...part } })} fault={fault} />
      </Card>
      {typed.steps.map((step, index) => (
        <StepFields
          key={step.key}
          step={step}
          number={index + 1}
          onChange={(part) => changeStep(step.key, part)}
          onRemove={typed.steps.length > 1 ? () => change({ steps: typed.steps.filter(({ key }) => key !== step.key) }) : null}
          fault={fault === `body ${index + 1}`}
        />
      ))}
      <div>
        <Button onPress={addStep} testId="add-step">
          {t("automations.addStep")}
        </Button>
      </div>
      <Card title={t("automations.limits")}>
        <div className={css["fields"]}>
          <TextField label={t("automations.coolDownSeconds")} hint={t("automations.coolDownHint")} name="cool-down" value={typed.coolDown} onChange={(coolDown) => change({ coolDown })} mode="numeric" />
          <TextField label={t("automations.mostPerDay")} name="most" value={typed.mostPerDay} onChange={(mostPerDay) => change({ mostPerDay })} mode="numeric" />
        </div>
      </Card>
      {dryRun.error ? <ErrorNotice error={dryRun.error} /> : null}
      {dryRun.data ? (
        <Card title={t("automations.dryRunTitle")} note={t("automations.dryRunNote")} testId="tried">
          <WouldFire tried={dryRun.data} />
        </Card>
      ) : null}
      {store.error ? <ErrorNotice error={store.error} /> : null}
      <div className={css["end"]}>
        <Button onPress={tryFirst} pending={dryRun.isPending} testId="try-first">
          {t("automations.dryRun")}
        </Button>
        <Button look="primary" type="submit" pending={store.isPending} testId="create-automation">
          {storeLabel}
        </Button>
      </div>
    </form>
  );
}
