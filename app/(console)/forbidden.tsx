import { ForbiddenBody } from '../_ui/forbidden-body.tsx';

export default function Forbidden() {
  return <ForbiddenBody recorded />;
}
