'use client';

import { z } from 'zod';
import { useSentValue } from '../../../../_ui/form/action-form.tsx';
import { Copyable } from '../../../../_ui/form/copyable.tsx';

const issued = z.object({ secret: z.string() });

/** The result of a form that made a key: shows its secret, this once. */
export function AgentSecretShown() {
  const { data } = issued.safeParse(useSentValue());
  if (!data) return null;
  return (
    <div className="border-line mt-3 rounded-lg border p-4 text-sm">
      <Copyable text={data.secret} />
    </div>
  );
}
