import { forbidden } from 'next/navigation';
import { connection } from 'next/server';

/** The page has an address of its own; it answers with its status like any other denial. */
export default async function ForbiddenPage() {
  await connection();
  forbidden();
}
