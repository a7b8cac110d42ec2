import { ForbiddenBody } from '../_ui/layout/forbidden-body.tsx';

export default function Forbidden() {
  return <ForbiddenBody recorded />;
}
