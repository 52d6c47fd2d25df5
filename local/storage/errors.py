"""Refusals of the storage services, by their documented codes.

https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
https://learn.microsoft.com/rest/api/storageservices/queue-service-error-codes
"""

STATUS = {
    "AuthenticationFailed": 403,
    "EntityAlreadyExists": 409,
    "EntityTooLarge": 400,
    "InvalidInput": 400,
    "MessageNotFound": 404,
    "MessageTooLarge": 400,
    "NotImplemented": 501,
    "OutOfRangeQueryParameterValue": 400,
    "PopReceiptMismatch": 400,
    "PropertyValueTooLarge": 400,
    "QueueNotFound": 404,
    "ResourceNotFound": 404,
    "TableAlreadyExists": 409,
    "TableNotFound": 404,
    "UpdateConditionNotSatisfied": 412,
}


class Refused(Exception):
    """A call is refused, and nothing is changed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code]
