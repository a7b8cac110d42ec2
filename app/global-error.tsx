'use client';

import './globals.css';

/** Error page when the root layout fails: both languages, without translations. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body className="mx-auto max-w-md px-4 py-16 font-sans">
        <main role="alert">
          <h1 className="text-2xl font-semibold">Something went wrong</h1>
          <p className="text-muted mt-2">The page could not be shown. Reload it in a moment.</p>
          <p lang="ru" className="text-muted mt-2">
            Не удалось показать страницу. Обновите её через минуту.
          </p>
          {error.digest ? <p className="mt-4 font-mono text-sm">{error.digest}</p> : null}
        </main>
      </body>
    </html>
  );
}
