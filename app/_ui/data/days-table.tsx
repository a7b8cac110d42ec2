import { useFormatter, useTranslations } from 'next-intl';
import { Disclosure } from '../layout/disclosure.tsx';
import { Cell, HeadCell, Table } from './table.tsx';

interface Props {
  caption: string;
  /** Names of the numbers. */
  names: string[];
  days: { day: string; label: string; counts: number[] }[];
}

/** The numbers of a chart as a table, for accessibility. */
export function DaysTable({ caption, names, days }: Props) {
  const t = useTranslations('common');
  const format = useFormatter();
  return (
    <div className="mt-4">
      <Disclosure label={t('asTable')} flush>
        <Table caption={caption} bare>
          <thead>
            <tr>
              <HeadCell>{t('day')}</HeadCell>
              {names.map((name) => (
                <HeadCell key={name} className="text-right">
                  {name}
                </HeadCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, label, counts }) => (
              <tr key={day} className="border-line border-t tabular-nums">
                <Cell className="whitespace-nowrap">{label}</Cell>
                {counts.map((count, index) => (
                  <Cell key={names[index]} className="text-right">
                    {format.number(count)}
                  </Cell>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </Disclosure>
    </div>
  );
}
