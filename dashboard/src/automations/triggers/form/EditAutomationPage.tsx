import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import type { Automation, AutomationRequest } from "../../../api/types";
import { usePaths } from "../../../projects/session";
import { useTitle } from "../../../routing/useTitle";
import { PageHead } from "../../../ui/Card";
import { isMissing, PageProblem } from "../../../ui/PageProblem";
import { automationQuery, useChangeAutomation } from "../api";
import { AutomationForm } from "./AutomationForm";
import { typedAutomation } from "./stored";

/** Page that changes the trigger and the steps of an automation; its firings are kept. */
export default function EditAutomationPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const automation = useQuery(automationQuery(id));
  if (automation.data === undefined || isMissing(automation.error)) return <PageProblem title={t("automations.one")} list={{ name: t("automations.title"), to: paths.automations }} error={automation.error} />;
  return <EditForm automation={automation.data} />;
}

/** Form of the revision that was read first; changes by others in the meantime are neither shown nor overwritten. */
function EditForm({ automation }: { automation: Automation }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [read] = useState(automation);
  const [first] = useState(() => typedAutomation(automation));
  const { isPending, error, mutate } = useChangeAutomation(read.id, read.revision);
  const title = t("automations.editTitle", { name: read.name });
  useTitle(title);
  const store = { isPending, error, mutate: (request: AutomationRequest, onStored: () => void) => mutate(request, { onSuccess: () => { onStored(); navigate(paths.automation(read.id)); } }) };
  return <AutomationForm first={first} draft={`automation ${read.revision}`} heading={<PageHead title={title} crumbs={[{ name: t("automations.title"), to: paths.automations }, { name: read.name, to: paths.automation(read.id) }]} note={t("automations.editNote")} />} storeLabel={t("automations.save")} store={store} />;
}
