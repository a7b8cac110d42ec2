export { nextAuth as GET, nextAuth as POST } from '../../../_server/next-auth-route.ts';
