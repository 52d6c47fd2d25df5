"""Lists on a command line."""


def names(text: str) -> list[str]:
    """`a,b`"""
    return text.split(",")


def numbers(text: str) -> list[int]:
    """`1,2`"""
    return [int(each) for each in text.split(",")]
