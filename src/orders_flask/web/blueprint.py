"""The blueprint of every published contract: flask-smorest's, with bodies read strictly."""

from flask_smorest import Blueprint

from orders_flask.web.body import StrictParser


class ContractBlueprint(Blueprint):
    ARGUMENTS_PARSER = StrictParser()
