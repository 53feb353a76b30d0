"""What AWS publishes of the resources in the template, as its documents list it: metric to the sets of dimensions it comes by.

Metrics that are not asked for are not listed. Where a metric comes by several sets, each is one.
"""

_function = [{"FunctionName"}, {"FunctionName", "Resource"}, {"FunctionName", "Resource", "ExecutedVersion"}]
_stage = [{"ApiId"}, {"ApiId", "Stage"}]
_table = [{"TableName"}]
_operation = [{"TableName", "Operation"}]

PUBLISHED = {
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": {
        "Invocations": _function,
        "Errors": _function,
        "Throttles": _function,
        "Duration": _function,
        "ConcurrentExecutions": _function,
    },
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": {
        "Count": _stage,
        "4xx": _stage,
        "5xx": _stage,
        "Latency": _stage,
        "IntegrationLatency": _stage,
        "DataProcessed": _stage,
    },
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits": _table,
        "ConsumedWriteCapacityUnits": _table,
        "ReadThrottleEvents": _table,
        "WriteThrottleEvents": _table,
        "SystemErrors": _operation,
    },
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
    "AWS/Logs": {"IncomingBytes": [{"LogGroupName"}]},
}
