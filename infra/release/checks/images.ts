import { imageState } from '../ecs/images.ts';
import { check, type Check, type CheckContext } from './check.ts';

const PROBLEMS = {
  missing: 'is not in the registry: was it pushed, or did the retention rule remove it?',
  floating: 'is not an ECR image by digest: a tag can change between verify and deploy',
};

/** Checks that every image is referenced by digest and can be pulled. */
export function checkImages({ session, definitions, images }: CheckContext): Promise<Check[]> {
  const running = Object.values(definitions).flatMap(({ containerDefinitions = [] }) =>
    containerDefinitions.flatMap(({ image }) => (image === undefined ? [] : [image])),
  );
  return Promise.all(
    [...new Set([...images, ...running])].map((image) =>
      check(`image ${short(image)}`, async () => {
        const state = await imageState(session, image);
        return state === 'present' ? { fine: 'in the registry' } : { problem: `${image} ${PROBLEMS[state]}` };
      }),
    ),
  );
}

const short = (image: string) => image.replace(/^[^/]+\//, '').replace(/(sha256:.{12}).*/, '$1');
