import {
  type BaseJobTemplate,
  block,
  common,
  commonNames,
  defined,
  flag,
  integer,
  number,
  object,
  passOn,
  secret,
  text,
  textMap,
} from "./variables.ts";

const clientParameters = object("AwsClientParameters", "Settings of the AWS client.", {
  properties: {
    api_version: text("API Version", "The version of the API to use. Left empty, the newest."),
    use_ssl: flag("Use SSL", "Whether to use encrypted connections.", { default: true }),
    verify: {
      title: "Verify",
      description: "Whether to check certificates, or the path of a bundle to check them with.",
      default: true,
      anyOf: [{ type: "boolean" }, { type: "string", format: "file-path" }],
    },
    verify_cert_path: text("Certificate Authority Bundle File Path", "The path of a bundle of certificates.", {
      format: "file-path",
    }),
    endpoint_url: text("Endpoint URL", "The full address of the service to use instead of the usual one."),
    config: object("Botocore Config", "Further settings, as botocore knows them."),
  },
});

const credentials = block(
  "AwsCredentials",
  "aws-credentials",
  {
    aws_access_key_id: text("AWS Access Key ID", "The id of an access key."),
    aws_secret_access_key: secret("AWS Access Key Secret", "The secret of the access key."),
    aws_session_token: text("AWS Session Token", "The token of temporary credentials."),
    profile_name: text("Profile Name", "The profile of the worker's machine to use."),
    region_name: text("Region Name", "The region to work in."),
    aws_client_parameters: defined("AWS Client Parameters", "Settings of the AWS client.", "AwsClientParameters"),
  },
  ["aws_secret_access_key"],
);

const capacityProvider = object("CapacityProvider", "A capacity provider and its share of the tasks.", {
  properties: {
    capacityProvider: text("Capacityprovider", "The name of the provider."),
    weight: integer("Weight", "The provider's share of the tasks."),
    base: integer("Base", "How many tasks run on this provider at least."),
  },
  required: ["capacityProvider", "weight", "base"],
});

const taskDefinition = {
  containerDefinitions: [{ image: "{{ image }}", name: "{{ container_name }}" }],
  cpu: "{{ cpu }}",
  family: "{{ family }}",
  memory: "{{ memory }}",
  executionRoleArn: "{{ execution_role_arn }}",
};

const taskRunRequest = {
  launchType: "{{ launch_type }}",
  cluster: "{{ cluster }}",
  overrides: {
    containerOverrides: [
      {
        name: "{{ container_name }}",
        command: "{{ command }}",
        environment: "{{ env }}",
        cpu: "{{ cpu }}",
        memory: "{{ memory }}",
      },
    ],
    cpu: "{{ cpu }}",
    memory: "{{ memory }}",
    taskRoleArn: "{{ task_role_arn }}",
  },
  tags: "{{ labels }}",
  taskDefinition: "{{ task_definition_arn }}",
  capacityProviderStrategy: "{{ capacity_provider_strategy }}",
};

const task = {
  task_definition_arn: text(
    "Task Definition Arn",
    "A task definition that exists. Then image, CPU and memory come from it, and none is registered.",
  ),
  cluster: text("Cluster", "The cluster in which tasks run. Left empty, the default one."),
  family: text("Family", "The family under which task definitions are registered."),
  launch_type: text("Launch Type", "What tasks run on. Which types there are depends on the cluster.", {
    default: "FARGATE",
    enum: ["FARGATE", "EC2", "EXTERNAL", "FARGATE_SPOT"],
  }),
  capacity_provider_strategy: {
    title: "Capacity Provider Strategy",
    description: "How tasks are spread over capacity providers. If set, the launch type is ignored.",
    type: "array",
    items: { $ref: "#/definitions/CapacityProvider" },
  },
  image: text("Image", "The image of the container. Left empty, the Prefect image of the worker's version."),
  cpu: integer("CPU", "CPU units of the task; 1024 are one virtual CPU."),
  memory: integer("Memory", "Memory of the task in MiB."),
  container_name: text("Container Name", "The container of the task definition in which the flow runs."),
  task_role_arn: text("Task Role ARN", "The role that the flow run has while it runs."),
  execution_role_arn: text("Execution Role ARN", "The role with which images are pulled and logs are sent."),
  vpc_id: text("VPC ID", "The VPC in whose subnets tasks run. Left empty, the default VPC."),
};

const watching = {
  configure_cloudwatch_logs: flag(
    "Configure Cloudwatch Logs",
    "Whether containers send their output to CloudWatch. Needs an execution role.",
  ),
  cloudwatch_logs_options: textMap("Cloudwatch Logs Options", "Options of the awslogs driver that go before the worker's own."),
  cloudwatch_logs_prefix: text(
    "Cloudwatch Logs Prefix",
    "The prefix of the log streams. Left empty, it is made of pool and deployment.",
  ),
  network_configuration: object(
    "Network Configuration",
    "The awsvpcConfiguration of tasks: subnets, security groups, public addresses.",
  ),
  stream_output: flag("Stream Output", "Whether the worker shows the output of the task. Needs logs in CloudWatch."),
  task_start_timeout_seconds: integer("Task Start Timeout Seconds", "Seconds to wait for a task to start.", { default: 300 }),
  task_watch_poll_interval: number("Task Watch Poll Interval", "Seconds between two looks at the state of a task.", {
    default: 5.0,
  }),
  auto_deregister_task_definition: flag(
    "Auto Deregister Task Definition",
    "Whether task definitions are deregistered when the run has ended.",
    {
      default: false,
    },
  ),
  match_latest_revision_in_family: flag(
    "Match Latest Revision In Family",
    "Whether the newest revision of the family is used again when it fits.",
    {
      default: false,
    },
  ),
};

/** Runs flow runs as tasks of Amazon's Elastic Container Service. */
export const ecsTemplate: BaseJobTemplate = {
  job_configuration: {
    ...passOn(...commonNames, "aws_credentials", ...Object.keys(watching), "vpc_id", "container_name", "cluster"),
    task_definition: taskDefinition,
    task_run_request: taskRunRequest,
  },
  variables: {
    type: "object",
    properties: {
      ...common,
      aws_credentials: defined("AWS Credentials", "The account to use. Left empty, the worker's own.", "AwsCredentials"),
      ...task,
      ...watching,
    },
    definitions: { AwsClientParameters: clientParameters, AwsCredentials: credentials, CapacityProvider: capacityProvider },
  },
};
