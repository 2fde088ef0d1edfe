import type { ModelDetail } from "../../api/types";
import { DeploymentsCard } from "../DeploymentsCard";
import { PolicyCard } from "../PolicyCard";
import css from "./Page.module.css";

/** The conditions of promotions, and the versions that are tried on live requests. */
export default function PolicyTab({ model, writer }: { model: ModelDetail; writer: boolean }) {
  return (
    <div className={css["stack"]}>
      <PolicyCard name={model.name} kind={model.version_list[0]?.kind} writer={writer} />
      <DeploymentsCard model={model} writer={writer} />
    </div>
  );
}
