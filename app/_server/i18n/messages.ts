import enAccount from '../../_messages/en/account.json';
import enAdmin from '../../_messages/en/admin.json';
import enAgents from '../../_messages/en/agents.json';
import enAudit from '../../_messages/en/audit.json';
import enAuditHealth from '../../_messages/en/audit-health.json';
import enCommon from '../../_messages/en/common.json';
import enErrors from '../../_messages/en/errors.json';
import enLogin from '../../_messages/en/login.json';
import enOverview from '../../_messages/en/overview.json';
import enReset from '../../_messages/en/reset.json';
import enSecurity from '../../_messages/en/security.json';
import enShell from '../../_messages/en/shell.json';
import ruAccount from '../../_messages/ru/account.json';
import ruAdmin from '../../_messages/ru/admin.json';
import ruAgents from '../../_messages/ru/agents.json';
import ruAudit from '../../_messages/ru/audit.json';
import ruAuditHealth from '../../_messages/ru/audit-health.json';
import ruCommon from '../../_messages/ru/common.json';
import ruErrors from '../../_messages/ru/errors.json';
import ruLogin from '../../_messages/ru/login.json';
import ruOverview from '../../_messages/ru/overview.json';
import ruReset from '../../_messages/ru/reset.json';
import ruSecurity from '../../_messages/ru/security.json';
import ruShell from '../../_messages/ru/shell.json';

const en = {
  account: enAccount,
  admin: enAdmin,
  agents: enAgents,
  audit: enAudit,
  auditHealth: enAuditHealth,
  common: enCommon,
  errors: enErrors,
  login: enLogin,
  overview: enOverview,
  reset: enReset,
  security: enSecurity,
  shell: enShell,
};

export type Messages = typeof en;

/** Russian must have every key of English; a missing key does not compile. */
const ru: Messages = {
  account: ruAccount,
  admin: ruAdmin,
  agents: ruAgents,
  audit: ruAudit,
  auditHealth: ruAuditHealth,
  common: ruCommon,
  errors: ruErrors,
  login: ruLogin,
  overview: ruOverview,
  reset: ruReset,
  security: ruSecurity,
  shell: ruShell,
};

export const MESSAGES = { en, ru };
export type Locale = keyof typeof MESSAGES;
export const LOCALES = ['en', 'ru'] as const satisfies Locale[];

/** Only these namespaces are sent to the browser; the others are rendered on the server. */
export const clientMessages = ({ common, errors }: Messages) => ({ common, errors });
