import { expect, test } from 'vitest';
import { MESSAGES } from '../../app/_server/i18n/messages.ts';
import { ACTIONS } from '#lib/audit/events/catalogue.ts';

test.each(Object.entries(MESSAGES))(
  'every action of the audit log has a name in the language %s, and no other has',
  (_, messages) => {
    const named = Object.entries(messages.audit.actions).flatMap(([area, acts]) =>
      Object.keys(acts).map((act) => `${area}.${act}`),
    );
    expect(named.sort()).toEqual(Object.keys(ACTIONS).sort());
  },
);
