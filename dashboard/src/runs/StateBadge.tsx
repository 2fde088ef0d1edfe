import { useTranslation } from "react-i18next";

import type { RunState } from "../api/types";
import { Badge, type BadgeTone } from "../ui/Badge";

const TONES: Record<RunState, BadgeTone> = {
  queued: "quiet",
  running: "azure",
  succeeded: "good",
  failed: "bad",
  cancelled: "quiet",
  quarantined: "ember",
};

export function StateBadge({ state, stopping = false, testId }: { state: RunState; stopping?: boolean; testId?: string }) {
  const { t } = useTranslation();
  const shown = stopping && state === "running" ? t("states.stopping") : t(`states.${state}`);
  return (
    <Badge tone={TONES[state]} pulse={state === "running"} {...(testId ? { testId } : {})}>
      {shown}
    </Badge>
  );
}
