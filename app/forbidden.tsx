import { ForbiddenBody } from './_ui/forbidden-body.tsx';
import { PlainPage } from './_ui/plain-page.tsx';

export default function Forbidden() {
  return (
    <PlainPage>
      <ForbiddenBody recorded={false} />
    </PlainPage>
  );
}
