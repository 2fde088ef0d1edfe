import { useTranslation } from "react-i18next";

import type { Feed } from "../api/types";
import { Badge, type BadgeTone } from "../ui/Badge";

const TONES: Record<Feed["state"], BadgeTone> = { open: "azure", online: "good", offline: "quiet", error: "bad", closed: "quiet" };

export function FeedState({ state }: { state: Feed["state"] }) {
  const { t } = useTranslation();
  return (
    <Badge tone={TONES[state]} pulse={state === "online"} testId="feed-state">
      {t(`feeds.states.${state}`)}
    </Badge>
  );
}
