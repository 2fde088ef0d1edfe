import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Fire } from "../api/types";
import { usePaths } from "../projects/session";
import { StateBadge } from "../runs/StateBadge";
import { Badge } from "../ui/Badge";

/** Result of one fire: its run with the state, or the reason why no run was queued. */
export function FireOutcome({ fire }: { fire: Fire }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (fire.error) {
    return (
      <Badge tone="bad">
        <span title={fire.error.next_step ?? undefined}>{fire.error.message}</span>
      </Badge>
    );
  }
  if (fire.run_id === null || fire.run_state === null) return <>{t("schedules.runGone")}</>;
  return (
    <Link href={paths.run(fire.run_id)} aria-label={`${fire.run_name ?? fire.run_id}: ${t(`states.${fire.run_state}`)}`}>
      <StateBadge state={fire.run_state} />
    </Link>
  );
}
