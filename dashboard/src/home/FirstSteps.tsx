import { useTranslation } from "react-i18next";

import { mayWrite, usePaths, useSession } from "../projects/session";
import { ButtonLink } from "../ui/Button";
import { Card } from "../ui/Card";
import css from "./Home.module.css";

/** Three steps of an empty project, each of which leads to a result. */
export function FirstSteps({ hasData }: { hasData: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const steps = [
    { name: "data", to: paths.datasets, done: hasData },
    { name: "run", to: paths.newRun(), done: false },
    { name: "predict", to: paths.models, done: false },
  ] as const;
  return (
    <Card title={t("home.first")} note={t(mayWrite(session) || session.archived ? "home.firstNote" : "home.firstViewer")} testId="first-steps">
      <ol className={css["steps"]}>
        {steps.map(({ name, to, done }, index) => (
          <li key={name} className={css["step"]}>
            <span className={css["stepNumber"]} aria-hidden="true">
              {done ? "✓" : index + 1}
            </span>
            <div>
              <h3>{t(`home.step.${name}.title`)}</h3>
              <p className={css["soft"]}>{t(`home.step.${name}.text`)}</p>
              {done ? <p>{t("home.stepDone")}</p> : null}
              <ButtonLink to={to} {...(!done && index === (hasData ? 1 : 0) ? { look: "primary" as const } : {})}>
                {t(`home.step.${name}.action`)}
              </ButtonLink>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
