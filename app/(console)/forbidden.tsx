export { ForbiddenBody as default } from '../_ui/forbidden-body.tsx';
