import { useTranslation } from "react-i18next";

import { address, part } from "../api/client";
import type { RunDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { useSession } from "../projects/session";
import { Card } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { Table, tableCss } from "../ui/Table";

/** Files that the run wrote, with their hashes. */
export function ArtifactsCard({ run }: { run: RunDetail }) {
  const { t, i18n } = useTranslation();
  const { bytes } = useFormats();
  const { slug } = useSession();
  if (run.artifacts.length === 0) return null;
  return (
    <Card title={t("artifacts.title")}>
      <Table caption={t("artifacts.title")}>
        <thead>
          <tr>
            <th scope="col">{t("artifacts.name")}</th>
            <th scope="col">{t("artifacts.kind")}</th>
            <th scope="col" className={tableCss["number"]}>{t("artifacts.size")}</th>
            <th scope="col">SHA-256</th>
          </tr>
        </thead>
        <tbody>
          {run.artifacts.map((artifact) => (
            <tr key={artifact.name}>
              <th scope="row">
                <a href={address(`/runs/${part(run.id)}/artifacts/${artifact.name.split("/").map(part).join("/")}`, { project: slug })} download>
                  {artifact.name}
                </a>
              </th>
              <td className={tableCss["soft"]}>{i18n.t(`artifacts.kinds.${artifact.kind}`, { defaultValue: artifact.kind })}</td>
              <td className={tableCss["number"]}>{bytes(artifact.bytes)}</td>
              <td>
                <Hash value={artifact.sha256} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}
