import './globals.css';
import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { NextIntlClientProvider } from 'next-intl';
import { getLocale, getMessages, getTranslations } from 'next-intl/server';
import type { ReactNode } from 'react';
import { markHandlerStarted } from './_server/gate/exchange.ts';
import { clientMessages } from './_server/i18n/messages.ts';
import { chosenTheme } from './_server/i18n/preferences.ts';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations();
  return {
    title: { template: `%s · ${t('common.appName')}`, default: t('common.appName') },
    description: t('shell.description'),
    robots: { index: false, follow: false },
  };
}

export const viewport: Viewport = { colorScheme: 'light dark' };

export default async function RootLayout({ children }: { children: ReactNode }) {
  markHandlerStarted();
  const locale = await getLocale();
  const theme = await chosenTheme();
  return (
    <html
      lang={locale}
      className={`${GeistSans.variable} ${GeistMono.variable}`}
      {...(theme === 'system' ? {} : { 'data-theme': theme })}
    >
      <body className="min-h-dvh font-sans text-[15px] leading-relaxed antialiased">
        <NextIntlClientProvider messages={clientMessages(await getMessages())}>{children}</NextIntlClientProvider>
      </body>
    </html>
  );
}
