from tests.support.served import kemru, platform, served

__all__ = ["kemru", "platform", "served"]
