import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Route, Switch, useLocation } from "wouter";

import { createQueryClient } from "./api/queries";
import { readerLocale } from "./language/setup";
import { useTranslatedAnswers } from "./language/useTranslatedAnswers";
import { signInPath } from "./routing/paths";
import { SignedIn } from "./routing/SignedIn";
import { Loading } from "./ui/Notice";

const InvitationPage = lazy(() => import("./projects/invitation/InvitationPage"));
const SignInPage = lazy(() => import("./projects/SignInPage"));

export function App() {
  const { i18n } = useTranslation();
  const [, navigate] = useLocation();
  const [client] = useState(() => createQueryClient(() => navigate(signInPath(), { replace: true })));
  useTranslatedAnswers(client);
  return (
    <I18nProvider locale={readerLocale(i18n.language)}>
      <QueryClientProvider client={client}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/sign-in" component={SignInPage} />
            <Route path="/invitation">
              <InvitationPage />
            </Route>
            <Route>
              <SignedIn />
            </Route>
          </Switch>
        </Suspense>
      </QueryClientProvider>
    </I18nProvider>
  );
}
