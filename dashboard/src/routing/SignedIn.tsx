import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, Route, Switch, useLocation, useParams } from "wouter";

import { useProjectEvents } from "../events/useProjectEvents";
import { ArchivedNotice } from "../projects/settings/ArchivedNotice";
import { FirstPage } from "../projects/FirstPage";
import { RoleNotice } from "../projects/RoleNotice";
import { WritersOnly } from "../projects/WritersOnly";
import { ProjectScope } from "../projects/ProjectScope";
import { usePaths } from "../projects/session";
import { Boundary } from "../shell/Boundary";
import { Shell } from "../shell/Shell";
import { PageHead } from "../ui/Card";
import { Loading } from "../ui/Notice";
import { PAGES } from "./pages";
import { decoded } from "./paths";
import { useTitle } from "./useTitle";

const HomePage = PAGES[""];
const EventsPage = PAGES["/events"];
const PredictionsPage = PAGES["/predictions"];
const RunsPage = PAGES["/runs"];
const RunPage = PAGES["/runs/:id"];
const NewRunPage = PAGES["/new-run"];
const ComparisonPage = PAGES["/comparison"];
const ModelsPage = PAGES["/models"];
const ModelPage = PAGES["/models/:name"];
const DatasetsPage = PAGES["/datasets"];
const DatasetPage = PAGES["/datasets/:name"];
const SchedulesPage = PAGES["/schedules"];
const SchedulePage = PAGES["/schedules/:id"];
const EditSchedulePage = PAGES["/schedules/:id/edit"];
const NewSchedulePage = PAGES["/new-schedule"];
const AutomationsPage = PAGES["/automations"];
const AutomationPage = PAGES["/automations/:id"];
const EditAutomationPage = PAGES["/automations/:id/edit"];
const NewAutomationPage = PAGES["/new-automation"];
const StudiesPage = PAGES["/studies"];
const StudyPage = PAGES["/studies/:id"];
const NewStudyPage = PAGES["/new-study"];
const FeedsPage = PAGES["/feeds"];
const FeedPage = PAGES["/feeds/:name"];
const LearnersPage = PAGES["/learners"];
const LearnerPage = PAGES["/learners/:name"];
const TrashPage = PAGES["/trash"];
const TokensPage = PAGES["/tokens"];
const SecretsPage = PAGES["/secrets"];
const AccountPage = PAGES["/account"];
const MembersPage = PAGES["/members"];
const SettingsPage = PAGES["/settings"];
const AdministrationPage = PAGES["/administration"];
const PluginsPage = PAGES["/plugins"];

/** The part of the dashboard that needs a session: the pages of the project that the address names. */
export function SignedIn() {
  return (
    <Switch>
      <Route path="/p/:project/*?">
        {({ project }) => (
          <ProjectScope key={project} slug={project}>
            <ProjectPages />
          </ProjectScope>
        )}
      </Route>
      <Route>
        <FirstPage />
      </Route>
    </Switch>
  );
}

function ProjectPages() {
  const { project = "" } = useParams();
  const [location] = useLocation();
  const status = useProjectEvents(project);
  return (
    <Shell status={status}>
      <ArchivedNotice />
      <RoleNotice />
      <Boundary key={location}>
        <Suspense fallback={<Loading />}>
        <Switch>
          <Route path="/p/:project" component={HomePage} />
          <Route path="/p/:project/events" component={EventsPage} />
          <Route path="/p/:project/predictions" component={PredictionsPage} />
          <Route path="/p/:project/runs" component={RunsPage} />
          <Route path="/p/:project/new-run"><WritersOnly><NewRunPage /></WritersOnly></Route>
          <Route path="/p/:project/runs/:id">{({ id }) => <RunPage key={id} id={decoded(id)} />}</Route>
          <Route path="/p/:project/comparison" component={ComparisonPage} />
          <Route path="/p/:project/models" component={ModelsPage} />
          <Route path="/p/:project/models/:name">{({ name }) => <ModelPage key={name} name={decoded(name)} />}</Route>
          <Route path="/p/:project/datasets" component={DatasetsPage} />
          <Route path="/p/:project/datasets/:name">{({ name }) => <DatasetPage key={name} name={decoded(name)} />}</Route>
          <Route path="/p/:project/schedules" component={SchedulesPage} />
          <Route path="/p/:project/new-schedule"><WritersOnly><NewSchedulePage /></WritersOnly></Route>
          <Route path="/p/:project/schedules/:id/edit">{({ id }) => <WritersOnly><EditSchedulePage key={id} id={decoded(id)} /></WritersOnly>}</Route>
          <Route path="/p/:project/schedules/:id">{({ id }) => <SchedulePage key={id} id={decoded(id)} />}</Route>
          <Route path="/p/:project/automations" component={AutomationsPage} />
          <Route path="/p/:project/new-automation"><WritersOnly><NewAutomationPage /></WritersOnly></Route>
          <Route path="/p/:project/automations/:id/edit">{({ id }) => <WritersOnly><EditAutomationPage key={id} id={decoded(id)} /></WritersOnly>}</Route>
          <Route path="/p/:project/automations/:id">{({ id }) => <AutomationPage key={id} id={decoded(id)} />}</Route>
          <Route path="/p/:project/studies" component={StudiesPage} />
          <Route path="/p/:project/new-study"><WritersOnly><NewStudyPage /></WritersOnly></Route>
          <Route path="/p/:project/studies/:id">{({ id }) => <StudyPage key={id} id={decoded(id)} />}</Route>
          <Route path="/p/:project/feeds" component={FeedsPage} />
          <Route path="/p/:project/feeds/:name">{({ name }) => <FeedPage key={name} name={decoded(name)} />}</Route>
          <Route path="/p/:project/learners" component={LearnersPage} />
          <Route path="/p/:project/learners/:name">{({ name }) => <LearnerPage key={name} name={decoded(name)} />}</Route>
          <Route path="/p/:project/plugins" component={PluginsPage} />
          <Route path="/p/:project/trash" component={TrashPage} />
          <Route path="/p/:project/tokens" component={TokensPage} />
          <Route path="/p/:project/secrets" component={SecretsPage} />
          <Route path="/p/:project/account" component={AccountPage} />
          <Route path="/p/:project/members" component={MembersPage} />
          <Route path="/p/:project/administration" component={AdministrationPage} />
          <Route path="/p/:project/settings">
            <SettingsPage />
          </Route>
          <Route>
            <NoPage />
          </Route>
        </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}

function NoPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  useTitle(t("errors.noPage"));
  return (
    <>
      <PageHead title={t("errors.noPage")} />
      <p>
        <Link href={paths.home}>{t("errors.toHome")}</Link>
      </p>
    </>
  );
}
