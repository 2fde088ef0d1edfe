import { useTranslation } from "react-i18next";

import type { Learner } from "../api/types";
import { Badge, type BadgeTone } from "../ui/Badge";

const TONES: Record<Learner["state"], BadgeTone> = { new: "quiet", starting: "azure", online: "good", error: "bad", stopped: "quiet", ended: "quiet" };

export function LearnerState({ state }: { state: Learner["state"] }) {
  const { t } = useTranslation();
  return (
    <Badge tone={TONES[state]} pulse={state === "online"} testId="learner-state">
      {t(`learners.states.${state}`)}
    </Badge>
  );
}
