//! Rails.

use crate::table::{lines, table};

fn rails(routes: &str, files: &[(&str, &str)]) -> Vec<String> {
    let routes = format!("Rails.application.routes.draw do\n{routes}\nend\n");
    let mut all = vec![("config/routes.rb", routes.as_str())];
    all.extend(files);
    lines(&all)
}

#[test]
fn resources_give_all_their_actions_and_only_those_that_are_wanted() {
    let found = rails("  resources :orders\n  resources :users, only: [:index, :show], param: :name", &[]);
    let here = |line: &str| format!("{line} config/routes.rb:2");
    assert_eq!(
        found,
        [
            here("DELETE /orders/{id} destroy"),
            here("GET /orders index"),
            here("GET /orders/new new"),
            here("GET /orders/{id} show"),
            here("GET /orders/{id}/edit edit"),
            "GET /users index config/routes.rb:3".to_owned(),
            "GET /users/{name} show config/routes.rb:3".to_owned(),
            here("PATCH,PUT /orders/{id} update"),
            here("POST /orders create"),
        ]
    );
}

#[test]
fn an_api_has_no_forms() {
    let application = ("config/application.rb", "class Application\n  config.api_only = true\nend\n");
    let found = rails("  resources :orders, except: %i[destroy update]", &[application]);
    let paths: Vec<&str> = found.iter().map(|line| line.rsplit_once(" config").unwrap().0).collect();
    assert_eq!(paths, ["GET /orders index", "GET /orders/{id} show", "POST /orders create"]);
}

#[test]
fn nested_resources_members_and_collections_have_their_paths() {
    let found = rails(
        "  resources :categories, only: [] do
    resources :items, only: :show, shallow: false
    get :preview
    member { post :publish }
    collection do
      get 'search'
    end
    get :one, on: :member
    post :all, on: :collection
  end
  resource :profile, only: [:show, :update] do
    get :avatar
  end",
        &[],
    );
    let paths: Vec<&str> = found.iter().map(|line| line.rsplit_once(" config").unwrap().0).collect();
    assert_eq!(
        paths,
        [
            "GET /categories/search search",
            "GET /categories/{category_id}/items/{id} show",
            "GET /categories/{category_id}/preview preview",
            "GET /categories/{id}/one one",
            "GET /profile show",
            "GET /profile/avatar avatar",
            "PATCH,PUT /profile update",
            "POST /categories/all all",
            "POST /categories/{id}/publish publish",
        ]
    );
}

#[test]
fn namespaces_scopes_and_modules_lead_to_their_controllers() {
    let found = rails(
        "  namespace :api do
    namespace :v1, path: 'one' do
      resources :orders, only: :index
    end
    scope '/open', module: 'pub' do
      get 'ping', to: 'status#ping'
    end
    scope module: :v1 do
      get '/again' => 'orders#index'
    end
  end
  scope ':tenant', controller: :tenants do
    get 'info'
  end",
        &[
            (
                "app/controllers/api/v1/orders_controller.rb",
                "class Api::V1::OrdersController < Base\n  def index\n  end\nend\n",
            ),
            (
                "app/controllers/api/pub/status_controller.rb",
                "module Api\n  module Pub\n    class StatusController\n      def ping; end\n    end\n  end\nend\n",
            ),
            ("app/controllers/orders_controller.rb", "class OrdersController\n\n\n\n  def index; end\nend\n"),
            ("app/controllers/tenants_controller.rb", "class TenantsController\n\n  def info; end\nend\n"),
        ],
    );
    assert_eq!(
        found,
        [
            "GET /api/again Api::V1::OrdersController.index app/controllers/api/v1/orders_controller.rb:2",
            "GET /api/one/orders Api::V1::OrdersController.index app/controllers/api/v1/orders_controller.rb:2",
            "GET /api/open/ping Api::Pub::StatusController.ping app/controllers/api/pub/status_controller.rb:4",
            "GET /{tenant}/info TenantsController.info app/controllers/tenants_controller.rb:3",
        ]
    );
}

const BASE: (&str, &str) = (
    "app/controllers/application_controller.rb",
    "class ApplicationController < ActionController::API
  include Logs
  before_action :authenticate_user!
  before_action :set_locale

  def set_locale
    I18n.locale = params[:locale]
  end
end
",
);

#[test]
fn filters_are_those_of_the_action_and_of_the_classes_above() {
    let orders = (
        "app/controllers/orders_controller.rb",
        "class OrdersController < ApplicationController
  skip_before_action :authenticate_user!, only: [:index]
  before_action :require_admin, only: %i[destroy]
  before_action :gate, :except => [:index, :show]

  def index; end
  def show; end
  def destroy; end

  private

  def gate
    head :unauthorized unless params[:key]
  end
end
",
    );
    let found = rails("  resources :orders, only: [:index, :show, :destroy]", &[BASE, orders]);
    let file = "app/controllers/orders_controller.rb";
    assert_eq!(
        found,
        [
            format!(
                "DELETE /orders/{{id}} OrdersController.destroy {file}:8 [app authentication authenticate_user!] \
                 [route role(require_admin) require_admin] [router authentication gate]"
            ),
            format!("GET /orders OrdersController.index {file}:6"),
            format!("GET /orders/{{id}} OrdersController.show {file}:7 [app authentication authenticate_user!]"),
        ]
    );
}

#[test]
fn filters_and_actions_of_concerns_are_found() {
    let found = rails(
        "  get 'x', to: 'things#x'",
        &[
            (
                "app/controllers/things_controller.rb",
                "class ThingsController < ActionController::Base\n  include Guarded\nend\n",
            ),
            (
                "app/controllers/concerns/guarded.rb",
                "module Guarded\n  extend ActiveSupport::Concern\n  included do\n    before_action :authenticate\n  end\n\n  def x\n  end\nend\n",
            ),
        ],
    );
    assert_eq!(
        found,
        ["GET /x ThingsController.x app/controllers/concerns/guarded.rb:7 [router authentication authenticate]"]
    );
}

#[test]
fn an_alias_of_an_action_stands_where_the_action_does() {
    let controller = "class AController < ActionController::Base\n  def show\n  end\n  alias_method :browse, :show\n  alias look show\nend\n";
    let found =
        rails("  get 'b', to: 'a#browse'\n  get 'l', to: 'a#look'", &[("app/controllers/a_controller.rb", controller)]);
    assert_eq!(
        found,
        [
            "GET /b AController.browse app/controllers/a_controller.rb:2",
            "GET /l AController.look app/controllers/a_controller.rb:2",
        ]
    );
}

#[test]
fn verbs_in_all_their_ways_are_read() {
    let found = rails(
        "  match 'both', to: 'a#b', via: [:get, :post]
  match '/old', :to => 'a#b', :via => :put
  match 'any', to: 'a#b', via: :all
  get 'a/list'
  get 'opt(/:page)(.:format)', to: 'a#b'
  get '/hash', :controller => 'a', :action => 'b'
  delete 'go', to: redirect('/x')
  root 'a#home'
  get 'files/*path', to: 'a#b'
  %w(red blue).each do |name|
    get \"colour/#{name}\", to: \"a##{name}\"
  end
  if Rails.env.test?
    get 'x', to: 'a#x'
  end",
        &[],
    );
    let paths: Vec<&str> = found.iter().map(|line| line.rsplit_once(" config").unwrap().0).collect();
    assert_eq!(
        paths,
        [
            "* /any b",
            "DELETE /go",
            "GET / home",
            "GET /a/list list",
            "GET /colour/blue blue",
            "GET /colour/red red",
            "GET /files/{path} b",
            "GET /hash b",
            "GET /opt b",
            "GET /opt/{page} b",
            "GET /x x",
            "GET,POST /both b",
            "PUT /old b",
        ]
    );
}

#[test]
fn concerns_drawn_files_and_engines_are_run_in_place() {
    let found = rails(
        "  concern :commentable do
    resources :comments, only: :index
  end
  resources :posts, only: [], concerns: :commentable
  namespace(:admin) { draw :admin }
  mount Shop::Engine => '/shop'
  authenticate :user do
    get 'inside', to: 'a#b'
  end
  devise_for :users",
        &[
            ("config/routes/admin.rb", "get 'stats', to: 'stats#index'\n"),
            ("engines/shop/config/routes.rb", "Shop::Engine.routes.draw do\n  get 'cart', to: 'carts#show'\nend\n"),
        ],
    );
    assert_eq!(
        found,
        [
            "GET /admin/stats index config/routes/admin.rb:1",
            "GET /inside b config/routes.rb:9 [router authentication authenticate :user]",
            "GET /posts/{post_id}/comments index config/routes.rb:3",
            "GET /shop/cart show engines/shop/config/routes.rb:2",
        ]
    );
}

#[test]
fn shallow_members_stand_at_the_top() {
    let found = rails(
        "  resources :posts, only: [], shallow: true do\n    resources :comments, only: [:index, :show]\n  end",
        &[],
    );
    assert_eq!(
        found,
        ["GET /comments/{id} show config/routes.rb:3", "GET /posts/{post_id}/comments index config/routes.rb:3"]
    );
}

#[test]
fn what_a_library_makes_is_said_to_be_unclear() {
    let text = "Rails.application.routes.draw do\n  devise_for :users\n  get path_of(:x), to: 'a#b'\nend\n";
    let found = table(&[("config/routes.rb", text)]);
    assert_eq!(
        found.unclear,
        ["config/routes.rb:2: these routes are made by a library", "config/routes.rb:3: the path is made at runtime"]
    );
}

#[test]
fn the_guards_around_a_mounted_engine_hold_for_its_routes() {
    let found = rails(
        "  authenticate :user do\n    mount Shop::Engine => '/shop'\n  end",
        &[("engines/shop/config/routes.rb", "Shop::Engine.routes.draw do\n  get 'cart', to: 'carts#show'\nend\n")],
    );
    assert_eq!(
        found,
        ["GET /shop/cart show engines/shop/config/routes.rb:2 [router authentication authenticate :user]"]
    );
}

#[test]
fn a_controller_whose_name_has_an_acronym_is_found() {
    let found = rails(
        "  namespace :api do\n    get 'oauth', to: 'oauth#show'\n  end",
        &[(
            "app/controllers/api/oauth_controller.rb",
            "class API::OAuthController < ActionController::Base\n  before_action :authenticate_user!\n  def show\n  end\nend\n",
        )],
    );
    assert_eq!(
        found,
        ["GET /api/oauth API::OAuthController.show app/controllers/api/oauth_controller.rb:3 \
          [app authentication authenticate_user!]"]
    );
}
