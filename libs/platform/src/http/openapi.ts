import { applyDecorators, HttpCode } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ApiHeader,
  ApiOperation,
  ApiResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { type z } from 'zod';
import { PROBLEM_JSON, ProblemBody } from './problem.js';

/** Documents a route that takes a command: its key and caller headers, and the answer. */
export function TakesCommand(options: { summary: string; description?: string; answer: z.ZodType }): MethodDecorator {
  const { summary, description, answer } = options;
  return applyDecorators(
    HttpCode(201),
    ApiOperation({ summary, ...(description !== undefined && { description }) }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: true,
      description: 'One key for each command; a retry sends the same key and gets the first answer again',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
      example: '6f2c1e0a-7a3b-4c58-9d55-0c6f0a1e2b3d',
    }),
    ApiHeader({
      name: 'X-Actor',
      description: 'Opaque id of who does it; default anonymous',
      schema: { type: 'string' },
    }),
    ApiHeader({
      name: 'X-Role',
      description: 'In which role it is done, where limits go by roles: agent, finance, …',
      schema: { type: 'string' },
    }),
    ApiHeader({
      name: 'X-On-Behalf-Of',
      description: 'Opaque id of the person it is done for',
      schema: { type: 'string' },
    }),
    ApiHeader({
      name: 'X-Correlation-Id',
      description: 'Ties the command to a conversation',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status: 201,
      standardSchema: answer,
      description: 'Done, and durable. A retry gets the same answer with Idempotent-Replayed: true',
      headers: {
        'Idempotent-Replayed': {
          description: 'true when the command had been carried out before',
          schema: { type: 'string' },
        },
      },
    }),
  );
}

/** Every route can answer these; commands can answer the ones a body or a business rule causes as well. */
const PROBLEMS_OF_ALL = {
  404: 'Unknown resource',
  429: 'Too many requests from this address; see Retry-After',
  500: 'A fault of ours; the instance is in our log',
  503: 'The event store or the read models are away or behind; try again after Retry-After, with the same key',
} as const;
const PROBLEMS_OF_READS = { 400: 'A malformed parameter', ...PROBLEMS_OF_ALL } as const;
const PROBLEMS_OF_COMMANDS = {
  400: 'A malformed body or header; every field that is wrong is named',
  409: 'A conflict with the state of the resource, or an Idempotency-Key that was used with another body',
  413: 'The body is too large',
  415: 'The body is not application/json',
  422: 'A business rule refuses it; the code says which',
  ...PROBLEMS_OF_ALL,
} as const;

/** The OpenAPI document of an application, with the problem answers that all its routes share. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('Paybill')
    .setDescription(
      'Event-sourced payment ledger. Commands append events and answer with the position of the last; a read with ' +
        '`?after=<position>` waits until it sees them. Money is a decimal string with its currency. Errors are RFC 9457 problems.',
    )
    .setVersion('1')
    .build();
  const document = SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (_controller, method) => method,
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problemSchema() },
  };
  for (const [path, item] of Object.entries(document.paths)) {
    if (path === '/health' || path === '/ready') continue;
    addProblems(item.get, PROBLEMS_OF_READS);
    addProblems(item.post, PROBLEMS_OF_COMMANDS);
    addProblems(item.put, PROBLEMS_OF_COMMANDS);
  }
  return document;
}

type Operation = OpenAPIObject['paths'][string]['get'];
type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

function addProblems(operation: Operation, problems: Readonly<Record<string, string>>): void {
  if (!operation) return;
  for (const [status, description] of Object.entries(problems)) {
    operation.responses[status] ??= {
      description,
      content: { [PROBLEM_JSON]: { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
}

/** zod gives a schema with an id as a reference and its definition. */
function problemSchema(): Schemas[string] {
  const { definitions } = ProblemBody['~standard'].jsonSchema.output({ target: 'openapi-3.0' });
  return (definitions as Schemas).Problem!;
}

/** Serves the document at `/docs-json` and, for people, at `/docs`; it is made when somebody first asks. */
export function serveDocs(app: NestFastifyApplication): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app)), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Paybill API',
  });
}
