from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class PersonRow(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    role = Column(String)
    password = Column(String)


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    owner_id = Column(Integer, ForeignKey("people.id"))
    text = Column(String)


class Setting(Base):
    __tablename__ = "settings"
    id = Column(Integer, primary_key=True)


def connect():
    yield None
