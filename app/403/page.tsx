import { forbidden } from 'next/navigation';
import { connection } from 'next/server';

/** The 403 page has its own URL and answers with status 403. */
export default async function ForbiddenPage() {
  await connection();
  forbidden();
}
