import { ForbiddenBody } from './_ui/layout/forbidden-body.tsx';
import { PlainPage } from './_ui/layout/plain-page.tsx';

export default function Forbidden() {
  return (
    <PlainPage>
      <ForbiddenBody recorded={false} />
    </PlainPage>
  );
}
