import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** An OpenAPI document, as far as the tests read it. */
export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

interface Operation {
  responses: Record<string, { content: Record<string, object>; headers?: Record<string, { required?: boolean }> }>;
}

/** Compiles schemas of a document by their place in it, e.g. `#/components/schemas/CloudEvent`. */
export function schemasOf(description: object): (pointer: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // Made for CommonJS: its types tell of a default that is one level further in.
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(description, 'openapi');
  return (pointer) => ajv.compile({ $ref: `openapi${pointer}` });
}

const escape = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Every answer that a document describes: operation, status and media type, and the place of its schema. */
export function describedAnswers({ paths }: Description): Map<string, string> {
  const answers = new Map<string, string>();
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { responses }] of Object.entries(operations))
      for (const [status, { content }] of Object.entries(responses))
        for (const type of Object.keys(content))
          answers.set(
            `${method.toUpperCase()} ${path} ${status} ${type}`,
            `#/paths/${escape(path)}/${method}/responses/${status}/content/${escape(type)}/schema`,
          );
  return answers;
}
