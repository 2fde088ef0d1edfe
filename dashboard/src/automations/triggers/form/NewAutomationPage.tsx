import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import type { AutomationRequest } from "../../../api/types";
import { usePaths } from "../../../projects/session";
import { useTitle } from "../../../routing/useTitle";
import { PageHead } from "../../../ui/Card";
import { useCreateAutomation } from "../api";
import { AutomationForm } from "./AutomationForm";
import { firstTyped } from "./stored";

/** A new automation. */
export default function NewAutomationPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [first] = useState(firstTyped);
  const { isPending, error, mutate } = useCreateAutomation();
  useTitle(t("automations.new"));
  const store = { isPending, error, mutate: (request: AutomationRequest, onStored: () => void) => mutate(request, { onSuccess: ({ id }) => { onStored(); navigate(paths.automation(id)); } }) };
  return <AutomationForm first={first} draft="automation" heading={<PageHead title={t("automations.new")} crumbs={[{ name: t("automations.title"), to: paths.automations }]} note={t("automations.newNote")} />} storeLabel={t("automations.create")} store={store} />;
}
