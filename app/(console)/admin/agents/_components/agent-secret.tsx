'use client';

import { z } from 'zod';
import { useSubmittedValue } from '../../../../_ui/form/action-form.tsx';
import { Copyable } from '../../../../_ui/form/copyable.tsx';

const issued = z.object({ secret: z.string() });

/** Shows the secret of a newly created key once. */
export function AgentSecretShown() {
  const { data } = issued.safeParse(useSubmittedValue());
  if (!data) return null;
  return (
    <div className="border-line mt-3 rounded-lg border p-4 text-sm">
      <Copyable text={data.secret} />
    </div>
  );
}
