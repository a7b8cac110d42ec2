export { nextAuth as GET, nextAuth as POST } from '../../../_server/auth/next-auth-route.ts';
