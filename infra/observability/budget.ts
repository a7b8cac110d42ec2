import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Config } from '../config.ts';
import type { Names } from '../names.ts';

/** E-mails when the forecast or the actual monthly cost exceeds the budget. */
export class Budget extends pulumi.ComponentResource {
  constructor(name: string, args: { config: Config; names: Names }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Budget', name, {}, opts);
    const { email, monthlyBudgetUsd } = args.config.alerts;
    const notify = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
      comparisonOperator: 'GREATER_THAN',
      notificationType,
      threshold,
      thresholdType: 'PERCENTAGE',
      subscriberEmailAddresses: [email],
    });
    new aws.budgets.Budget(
      name,
      {
        name: args.names.base,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        limitAmount: String(monthlyBudgetUsd),
        limitUnit: 'USD',
        costFilters: [{ name: 'TagKeyValue', values: [`user:stack$${pulumi.getStack()}`] }],
        notifications: [notify('FORECASTED', 100), notify('ACTUAL', 80), notify('ACTUAL', 100)],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
