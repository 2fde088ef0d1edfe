import { useTranslation } from "react-i18next";

import type { Learner } from "../api/types";
import { mayWrite, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/Notice";
import { useStartLearner, useStopLearner } from "./api";

/** Buttons to start and to stop a learner. */
export function LearnerActions({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const session = useSession();
  const start = useStartLearner(learner.id);
  const stop = useStopLearner(learner.id);
  if (!mayWrite(session) || learner.deleted_at || learner.state === "ended") return null;
  const runs = learner.state === "online" || learner.state === "starting";
  const error = start.error ?? stop.error;
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {runs ? (
        <Button pending={stop.isPending} onPress={() => stop.mutate(undefined)} testId="stop-learner">
          {t("learners.stop")}
        </Button>
      ) : (
        <Button look="primary" pending={start.isPending} onPress={() => start.mutate(undefined)} testId="start-learner">
          {t("learners.start")}
        </Button>
      )}
    </>
  );
}
