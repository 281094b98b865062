"""Prints totals over the organizations that the caller has access to.

Needs `requests`. TOKEN is the bearer token, BASE_URL the base URL of the API.
"""

import os

import requests


def get_organization_dashboard(token):
    """Get comprehensive organization dashboard data"""
    headers = {"Authorization": f"Bearer {token}"}
    base = os.environ.get("BASE_URL", "http://127.0.0.1:8080/api")

    # Get organizations
    orgs = requests.get(f"{base}/organizations", headers=headers).json()

    # Get stats
    stats = requests.get(f"{base}/stats", headers=headers).json()

    dashboard = {
        "organizations": orgs,
        "total_organizations": len(orgs),
        "total_users": sum(org["users_count"] for org in orgs),
        "total_workspaces": sum(org["workspaces_count"] for org in orgs),
        "active_sessions": stats["active_sessions"],
        "security_score": stats["security_score"],
        "uptime": stats["uptime"],
    }

    return dashboard


# Usage
dashboard = get_organization_dashboard(os.environ["TOKEN"])
print(f"Total Organizations: {dashboard['total_organizations']}")
print(f"Total Users: {dashboard['total_users']}")
print(f"Total Workspaces: {dashboard['total_workspaces']}")
print(f"Active Sessions: {dashboard['active_sessions']}")
