import { DescribeImagesCommand } from '@aws-sdk/client-ecr';
import type { Session } from './session.ts';

const BY_DIGEST = /^(?<registry>\d{12})\.dkr\.ecr\.[^/]+\/(?<repository>[^@:]+)@(?<digest>sha256:[0-9a-f]{64})$/;

/** Whether an image can be pulled: `present`, `missing`, or `floating` when it is not named by digest in ECR. */
export async function imageState({ aws }: Session, image: string): Promise<'present' | 'missing' | 'floating'> {
  const parts = BY_DIGEST.exec(image)?.groups;
  if (!parts) return 'floating';
  try {
    await aws.ecr.send(
      new DescribeImagesCommand({
        registryId: parts.registry,
        repositoryName: parts.repository,
        imageIds: [{ imageDigest: parts.digest }],
      }),
    );
    return 'present';
  } catch (error) {
    if (error instanceof Error && /^(ImageNotFound|RepositoryNotFound)/.test(error.name)) return 'missing';
    throw error;
  }
}
